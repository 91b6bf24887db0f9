{
  "cwlVersion": "v1.2",
  "class": "CommandLineTool",
  "label": "Rescale (Physical)",
  "doc": "Sample the image on another grid: isotropic voxels, a voxel size, a zoom factor.",
  "hints": {
    "SoftwareRequirement": {
      "packages": {
        "fiji-bridge": {
          "version": [
            "0.1.0"
          ]
        }
      }
    }
  },
  "baseCommand": [
    "fiji-bridge",
    "rescale"
  ],
  "inputs": {
    "image": {
      "type": "File",
      "inputBinding": {
        "position": 1
      },
      "doc": "The image to read."
    },
    "to": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--to"
      },
      "doc": "New voxel size: '1 um', 'z=2 um, y=1 um, x=1 um', finest or coarsest."
    },
    "zoom": {
      "type": [
        "null",
        "double"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--zoom"
      },
      "doc": "The new voxel size is divided by this.",
      "default": 1.0
    },
    "interpolation": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "nearest",
            "linear",
            "cubic"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--interpolation"
      },
      "doc": "Between samples.",
      "default": "linear"
    },
    "antialias": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "auto",
            "gaussian",
            "strong",
            "none"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--antialias"
      },
      "doc": "Blur before samples are dropped (auto: gaussian unless nearest, which is for labels; strong: 0.8 new voxels, next to nothing is folded back).",
      "default": "auto"
    },
    "border": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "mirror-single",
            "mirror-double",
            "nearest",
            "constant",
            "periodic"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--border"
      },
      "doc": "What lies beyond the edge.",
      "default": "mirror-double"
    },
    "cval": {
      "type": [
        "null",
        "double"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--cval"
      },
      "doc": "Value beyond the edge, for the border 'constant'.",
      "default": 0.0
    },
    "dtype": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "same",
            "float32",
            "float64"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--dtype"
      },
      "doc": "Sample type of the result (same: integers are rounded to nearest).",
      "default": "same"
    },
    "nan": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "refuse",
            "propagate",
            "ignore"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--nan"
      },
      "doc": "Samples that are NaN or infinite: refuse them, let them propagate, or ignore them (mean of the others).",
      "default": "refuse"
    },
    "voxel_size": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--voxel-size"
      },
      "doc": "Voxel size, instead of the file's: '2 0.45 0.45 um'."
    },
    "engine": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "gauss3",
            "fused",
            "scipy"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--engine"
      },
      "doc": "Which engine computes."
    },
    "threads": {
      "type": [
        "null",
        "int"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--threads"
      },
      "doc": "By default all processors."
    },
    "output_name": {
      "type": "string",
      "default": "rescale",
      "inputBinding": {
        "position": 2,
        "valueFrom": "$(self).tif"
      },
      "doc": "Name of the result, without its ending .tif."
    }
  },
  "outputs": {
    "result": {
      "type": "File",
      "outputBinding": {
        "glob": "$(inputs.output_name).tif"
      }
    }
  }
}
