{
  "cwlVersion": "v1.2",
  "class": "CommandLineTool",
  "label": "Gaussian Pyramid (Physical)",
  "doc": "Make a Gaussian pyramid or scale space: per level the same blur in every direction.",
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
    "pyramid"
  ],
  "inputs": {
    "image": {
      "type": "File",
      "inputBinding": {
        "position": 1
      },
      "doc": "The image to read."
    },
    "initial_sigma": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--initial-sigma"
      },
      "doc": "Blur that the image has; default: half a voxel of the coarsest axis."
    },
    "levels": {
      "type": [
        "null",
        "int"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--levels"
      },
      "doc": "Number of levels, the image itself included.",
      "default": 5
    },
    "steps": {
      "type": [
        "null",
        "int"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--steps"
      },
      "doc": "Levels per doubling of sigma.",
      "default": 1
    },
    "downsampling": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "auto",
            "none"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--downsampling"
      },
      "doc": "auto: drop every other sample once the blur allows it, finest axes first; none: scale space.",
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
    "kernel": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "gauss3",
            "band-limited",
            "scipy",
            "discrete"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--kernel"
      },
      "doc": "gauss3: ImgLib2's; band-limited: the physical blur by every measure (negative lobes below 1 px); scipy: that of gaussian_filter; discrete: Lindeberg's, right in its second moment.",
      "default": "discrete"
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
    "ngff": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "0.4",
            "0.5"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--ngff"
      },
      "doc": "Version of an OME-Zarr.",
      "default": "0.5"
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
      "default": "pyramid",
      "inputBinding": {
        "position": 2,
        "valueFrom": "$(self).tif"
      },
      "doc": "Name of the result, without its ending .tif."
    }
  },
  "outputs": {
    "result": {
      "type": "File[]",
      "outputBinding": {
        "glob": "$(inputs.output_name)-*.tif"
      }
    }
  }
}
