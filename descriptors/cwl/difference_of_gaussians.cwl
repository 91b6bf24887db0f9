{
  "cwlVersion": "v1.2",
  "class": "CommandLineTool",
  "label": "Difference of Gaussians (Physical)",
  "doc": "Return the blur by sigma minus the blur by ratio times sigma: structures of that size.",
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
    "difference-of-gaussians"
  ],
  "inputs": {
    "image": {
      "type": "File",
      "inputBinding": {
        "position": 1
      },
      "doc": "The image to read."
    },
    "sigma": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--sigma"
      },
      "doc": "Standard deviation: '1 um', one per axis 'z=2 um, y=1 um, x=1 um', or '2 px'; a bare number is in the unit of the voxel size."
    },
    "fwhm": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--fwhm"
      },
      "doc": "Full width at half maximum, 2.3548 sigma, instead of sigma."
    },
    "ratio": {
      "type": [
        "null",
        "double"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--ratio"
      },
      "doc": "Second sigma in units of the first.",
      "default": 1.6
    },
    "normalized": {
      "type": [
        "null",
        "boolean"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--normalized"
      },
      "doc": "Divide by (ratio^2 - 1) / 2: about the negative scale-normalised Laplacian.",
      "default": false
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
      "doc": "band-limited: right within 0.5 % from 1 px on; gauss3: ImgLib2's, whose second derivatives are 12 % off at 5 px and 17 % at 30 px; scipy: sampled; discrete: Lindeberg's.",
      "default": "band-limited"
    },
    "dtype": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "float",
            "float32",
            "float64"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--dtype"
      },
      "doc": "Sample type of the result (float: float32, float64 for float64 and 32-bit integers).",
      "default": "float"
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
      "default": "difference_of_gaussians",
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
